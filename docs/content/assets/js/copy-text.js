// <copy-text>: a button that copies the text of the code beside it.

class CopyText extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.label = this.button.textContent;
    this.button.addEventListener("click", () => this.copy());
  }

  async copy() {
    let done = "Copied";
    try {
      await navigator.clipboard.writeText(this.querySelector("code").textContent);
    } catch {
      done = "Select the text and copy it";
    }
    this.button.textContent = done;
    setTimeout(() => (this.button.textContent = this.label), 1600);
  }
}

customElements.define("copy-text", CopyText);
