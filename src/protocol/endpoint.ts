/**
 * Whether what is sent to this address (`unix:/path`, `host:port`) stays on the machine, where nothing corrupts it.
 * A name other than `localhost` may mean any machine.
 */
export function staysOnMachine(endpoint: string): boolean {
  if (endpoint.startsWith("unix:")) return true;
  const host = endpoint.replace(/:\d+$/, "");
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}
