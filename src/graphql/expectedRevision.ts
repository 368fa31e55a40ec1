/** Of mutations with which two people may collide. */
export const EXPECTED_REVISION =
  "The `revision` that was read: if it is another one by now nothing changes, and the answer is a Conflict. Absent: whatever it is.";
