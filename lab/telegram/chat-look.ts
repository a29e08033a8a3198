/** How the chat's page looks: a phone's width, both colour schemes, 4.5:1 and more between text and ground. */
export const style = `
:root { --ground: #d9e4ec; --bubble: #fff; --text: #111; --quiet: #4a5a66; --name: #1a5fb4; }
@media (prefers-color-scheme: dark) {
    :root { --ground: #0e1621; --bubble: #182533; --text: #f2f2f2; --quiet: #a5b4c2; --name: #7fb8f0; }
}
* { box-sizing: border-box; margin: 0; }
body { background: var(--ground); color: var(--text); font: 1rem/1.45 system-ui, sans-serif; }
header, main { max-width: 40rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.25rem; }
header p, .about, #none { color: var(--quiet); font-size: .875rem; }
ol { list-style: none; padding: 0; display: grid; gap: .6rem; justify-items: start; }
li { background: var(--bubble); border-radius: .2rem 1rem 1rem 1rem; padding: .55rem .9rem; max-width: 100%; }
.chat { color: var(--name); font-weight: 600; font-size: .875rem; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; }
.about { text-align: right; }
a { color: var(--name); }
`;

/** Adds what arrived since the page was made, and says when the lab is gone. */
export const script = `
const list = document.querySelector("ol");
const none = document.getElementById("none");
const look = async () => {
    const last = list.lastElementChild?.dataset.id ?? 0;
    try {
        const answer = await fetch("/after/" + last);
        const items = await answer.text();
        if (items !== "") {
            const atEnd = innerHeight + scrollY >= document.body.scrollHeight - 40;
            list.insertAdjacentHTML("beforeend", items);
            none.hidden = true;
            if (atEnd) {
                scrollTo(0, document.body.scrollHeight);
            }
        }
        setTimeout(look, 2000);
    } catch {
        none.textContent = "The lab is gone: nothing new comes in.";
        none.hidden = false;
    }
};
scrollTo(0, document.body.scrollHeight);
setTimeout(look, 2000);
`;
