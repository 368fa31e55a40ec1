/**
 * Runs in GraphiQL's page in place of `YogaGraphiQL.renderYogaGraphiQL(root, options)`, which it ends with. Where a key is
 * needed it asks for one, keeps it for this tab alone, and has it sent as a header and in `connection_init`: a browser that
 * opens an address sends no header of one's own. What the key may do is the server's to say.
 */
export const OPEN_WITH_KEY = `
async function openWithKey(root, options) {
  const KEPT = "skysail-key";
  const headersOf = (key) => (key === null ? {} : { authorization: "Bearer " + key });
  const isRefused = async (key) => {
    const types = { "content-type": "application/json", accept: "application/graphql-response+json" };
    const body = JSON.stringify({ query: "{ __typename }" });
    const asked = { method: "POST", headers: { ...types, ...headersOf(key) }, body };
    return (await fetch(location.pathname, asked)).status === 401;
  };
  const askFor = (problem) =>
    new Promise((resolve) => {
      root.innerHTML =
        '<form class="skysail-key"><label>API key, kept in this tab only' +
        '<input name="key" type="password" autocomplete="off" required autofocus></label><button>Open GraphiQL</button>' +
        '<p role="alert"></p></form>';
      const form = root.querySelector("form");
      form.querySelector("p").textContent = problem;
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        resolve(form.elements.key.value.trim());
      });
    });
  let key = sessionStorage.getItem(KEPT);
  while (await isRefused(key)) key = await askFor(key === null ? "" : "The server does not know this key, or it is good no longer.");
  root.innerHTML = "";
  if (key !== null) {
    sessionStorage.setItem(KEPT, key);
    // The address of one application says its first query to those who may see it.
    const visit = await fetch(location.href, { headers: { accept: "text/html", ...headersOf(key) } });
    if (visit.redirected) history.replaceState({}, "", visit.url);
    await visit.body?.cancel();
  }
  YogaGraphiQL.renderYogaGraphiQL(root, { ...options, additionalHeaders: headersOf(key), connectionParams: headersOf(key) });
}
`;
