/** Skysail's own, as package.json and the Python package have it too. */
export const VERSION = "0.1.0";
