/** A sail. On light and on dark ground. */
const SAIL =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">' +
  '<path d="M14 3v19H4z" fill="#0891b2"/><path d="M17 8v14h10z" fill="#22b8cf"/><path d="M3 25h26l-4 4H7z" fill="#d60690"/></svg>';

/** What GraphiQL's page shows as its own. */
export const LOGO = SAIL.replace("<svg ", '<svg width="28" height="28" ');
export const FAVICON = `data:image/svg+xml,${encodeURIComponent(SAIL)}`;

/** GraphiQL puts the answer beside the editor whatever the width; and the form for the key is ours. */
export const STYLE = `<style>
@media (max-width: 760px) {
  .graphiql-container #graphiql-session { flex-direction: column; }
  .graphiql-container .graphiql-horizontal-drag-bar, .graphiql-container .graphiql-logo span { display: none; }
  .graphiql-container .graphiql-response { min-height: 0; }
}
.skysail-key {
  color-scheme: light dark; background: light-dark(#fff, #212a3b); color: light-dark(#3b4b68, #d6dbe5);
  box-sizing: border-box; min-height: 100vh; padding: 20vh 1.5em 2em; font: 16px/1.5 system-ui, sans-serif;
}
.skysail-key > * { display: block; box-sizing: border-box; width: 100%; max-width: 24em; margin: 0 auto 1em; }
.skysail-key input { font: inherit; width: 100%; box-sizing: border-box; padding: .5em .7em; border: 1px solid #8593ad; border-radius: 6px; }
.skysail-key button { font: inherit; padding: .5em; border: 0; border-radius: 6px; background: #d60690; color: #fff; cursor: pointer; }
.skysail-key p { min-height: 1.5em; color: light-dark(#b42318, #ff9c8f); }
</style>`;
