/**
 * What an import takes off the stack's counter when it calls back into the module: its own frames, and those with which V8 goes
 * from one language to the other.
 */
export const HOST_CALL_STACK_BYTES = 2_048;
