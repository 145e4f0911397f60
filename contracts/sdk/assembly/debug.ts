import { textRegion } from "./bytes";
import { debugLine } from "./imports";

/** A line for whoever develops the contract; chains ignore it. */
export function debug(line: string): void {
  debugLine(textRegion(line));
}
