// Live pages: the server names an element and sends its HTML, we put it there.

/** Listen to an event stream. handlers: event name -> function(data, event). Returns the EventSource. */
export function listen(url, handlers) {
  const source = new EventSource(url);
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => handle(JSON.parse(event.data), event));
  }
  return source;
}

const AGAIN_MS = 2000; // how long a stream the browser gave up on rests

/**
 * Listen for as long as the page lives. A browser gives up on a stream whose server answers with an error, as one
 * that starts does: then it is opened again, after the last event that came. online(whether): told of each change.
 */
export function stay(url, handlers, online) {
  let source;
  let last = "";
  const remembering = Object.entries(handlers).map(([name, handle]) => [name, (data, event) => {
    last = event.lastEventId;
    handle(data);
  }]);
  const open = () => {
    const address = new URL(url, location.href);
    if (last) address.searchParams.set("after", last);
    source = listen(address, Object.fromEntries(remembering));
    source.addEventListener("open", () => online(true));
    source.addEventListener("error", () => {
      online(false);
      if (source.readyState === EventSource.CLOSED) setTimeout(open, AGAIN_MS);
    });
  };
  open();
  return { close: () => source.close() };
}

/** The element a piece of server-rendered HTML describes. The server escaped every value in it. */
export function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

/** Replace the element with the same id, or add it to the end of `list`. Returns [element, isNew]. */
export function put(html, list) {
  const fresh = element(html);
  const old = document.getElementById(fresh.id);
  if (old) old.replaceWith(fresh);
  else list.append(fresh);
  return [fresh, !old];
}

/** POST a form's fields; throws with the server's words when it refuses. */
export async function post(url, fields) {
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams(fields) });
  if (!answer.ok) throw new Error((await answer.text()) || answer.statusText);
  return answer;
}
