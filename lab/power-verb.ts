import { piProcess, powerCut, powerOff, powerOn, setDrive } from "./pi";
import { piNamed } from "./ssh";
import type { Shown } from "./verbs";

const actions = { on: powerOn, off: powerOff, cut: powerCut } as const;

/** `lab -- power on|off|cut PI` */
export async function power(how: keyof typeof actions, name: string): Promise<Shown> {
    const pi = piNamed(name);
    await actions[how](pi);
    const on = piProcess(pi) !== undefined;
    return { text: `${pi.name} is ${on ? "on" : "off"}`, value: { pi: pi.name, on } };
}

/** `lab -- drive pull|plug PI` */
export async function drive(how: "pull" | "plug", name: string): Promise<Shown> {
    const pi = piNamed(name);
    await setDrive(pi, how === "plug");
    const where = how === "plug" ? "plugged in" : "pulled";
    const next =
        piProcess(pi) === undefined
            ? `\`npm run -s lab -- power on ${pi.name}\` boots it.`
            : "`sudo systemctl start k3s` (k3s-agent on agents) there brings k3s back, where udev would do it by itself.";
    return {
        text: `The drive of ${pi.name} is ${where}: ${next}`,
        value: { pi: pi.name, plugged: how === "plug" },
    };
}
