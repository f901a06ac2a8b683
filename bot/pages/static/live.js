// Live pages: the server names an element and sends its HTML, we put it there.

/** Listen to an event stream. handlers: event name -> function(data). Returns the EventSource. */
export function listen(url, handlers) {
  const source = new EventSource(url);
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => handle(JSON.parse(event.data)));
  }
  return source;
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
