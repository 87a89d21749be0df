/* Passkeys: the browser makes one, or answers with one, and the form carries what it says. */
(() => {
  "use strict";
  const form = document.getElementById("passkey-form");
  const field = form.elements.credential;
  const { publicKey } = JSON.parse(document.getElementById("passkey-asked").textContent);

  async function answer() {
    if (form.dataset.passkey === "create") {
      return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) });
    }
    return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const status = form.querySelector("[role=status]");
    status.textContent = "Waiting for your passkey…";
    try {
      field.value = JSON.stringify(await answer());
      form.submit();
    } catch (refused) {
      status.textContent = `No passkey was used (${refused.name}).`;
    }
  });
})();
