import { drillNames } from "../lab/drill-leftovers";
import type { House } from "./house";

const file = drillNames.dataFolder;

/** The checksum of a file of random bytes on each Pi's k3s volume, by the Pi's name. */
export type Sums = Readonly<Record<string, string>>;

/** Writes such files and has them synced to the disks. */
export async function writeData(house: House): Promise<Sums> {
    const script = `mkdir -p ${file} && head -c 8388608 /dev/urandom >${file}/random && sync ${file}/random && sha256sum <${file}/random`;
    const sums = house.pis.map(async (pi) => [pi.name, (await house.ssh(pi, script)).trim()]);
    return Object.fromEntries(await Promise.all(sums)) as Sums;
}

/** What is not as it was written, one sentence each; then the files are removed. */
export async function lostData(house: House, sums: Sums): Promise<string[]> {
    const lost = await Promise.all(
        house.pis.map(async (pi) => {
            const sum = await house
                .ssh(pi, `sha256sum <${file}/random && rm -r ${file}`)
                .catch(String);
            return sum.trim() === sums[pi.name]
                ? []
                : [`${pi.name}: ${file} is not as it was written`];
        }),
    );
    return [...lost.flat(), ...(await house.lostData())];
}
