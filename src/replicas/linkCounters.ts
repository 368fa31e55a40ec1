/** Of all links to one model version. Plain fields, read when somebody asks. */
export class LinkCounters {
  /** Replies to a request that nobody waits for: answered already, given up, or never made. */
  unknownReplies = 0;
  /** Replies that broke the protocol or were corrupted on their way. */
  unusableReplies = 0;
}
