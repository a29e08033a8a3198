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
export function drive(how: "pull" | "plug", name: string): Shown {
    const pi = piNamed(name);
    setDrive(pi, how === "plug");
    const where = how === "plug" ? "plugged in" : "pulled";
    return {
        text: `The drive of ${pi.name} is ${where}: \`npm run -s lab -- power on ${pi.name}\` boots it.`,
        value: { pi: pi.name, plugged: how === "plug" },
    };
}
