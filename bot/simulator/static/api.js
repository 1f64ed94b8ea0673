// Calls to the simulator's control API, and the page's words.

const BASE = "/simulator/api";

/** An answer other than 2xx; `message` is the server's sentence. */
export class Trouble extends Error {}

async function answer(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Trouble(body.error?.message ?? response.statusText);
  return body;
}

export const get = async (path) => answer(await fetch(BASE + path));

export const post = async (path, body) =>
  answer(
    await fetch(BASE + path, {
      method: "POST",
      headers: body instanceof FormData ? {} : { "content-type": "application/json" },
      body: body instanceof FormData ? body : JSON.stringify(body),
    }),
  );

export const mediaUrl = (userId, messageId) => `${BASE}/users/${userId}/media/${messageId}`;

let words = {};

export async function loadWords() {
  words = await (await fetch(`/simulator/words?ui=${document.documentElement.lang}`)).json();
}

/** The words for `key`, with `{placeholders}` filled in. */
export function t(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}
