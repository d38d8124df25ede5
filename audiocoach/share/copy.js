// The address of the feed goes to the clipboard, also where a page without HTTPS may not ask for it.

const address = document.getElementById("address");
const button = document.getElementById("copy");
const status = document.getElementById("status");

const select = () => {
  address.focus();
  address.setSelectionRange(0, address.value.length);
};

const copied = async () => {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(address.value);
    return true;
  }
  select();
  return document.execCommand("copy");
};

address.addEventListener("focus", select);
button.hidden = false;
button.addEventListener("click", async () => {
  const done = await copied().catch(() => false);
  status.textContent = done ? "Copied." : "Touch the address and hold it to copy it.";
});
