// What picture.ts uses of it: the package's own declarations import without file names' endings, which Node's rules do not resolve.
declare module "@dagrejs/dagre" {
    export interface Box {
        readonly width: number;
        readonly height: number;
        readonly x?: number;
        readonly y?: number;
    }
    export interface Edge {
        /** The node it comes from, and the one it goes to. */
        readonly v: string;
        readonly w: string;
        readonly name?: string;
    }
    export class Graph {
        constructor(options: { readonly multigraph: boolean });
        setGraph(layout: Readonly<Record<string, string | number>>): void;
        graph(): { readonly width?: number; readonly height?: number };
        setNode(id: string, box: Box): void;
        hasNode(id: string): boolean;
        node(id: string): Box;
        setEdge(from: string, to: string, label: object, name: string): void;
        edges(): readonly Edge[];
        edge(edge: Edge): {
            readonly points?: readonly { readonly x: number; readonly y: number }[];
        };
    }
    /** Gives boxes and edges their places. */
    export function layout(graph: Graph): void;
}
