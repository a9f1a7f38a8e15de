// What the server says in HTML; nothing, if it does not answer.
export async function html(address, query) {
  const answer = await fetch(`${address}?${new URLSearchParams(query)}`).catch(() => {});
  // Whoever was signed out is led to the sign-in.
  if (answer?.redirected) return location.reload();
  if (answer?.ok) return answer.text();
}
