/** Of all packages: they go in lockstep. */
export const version = '0.1.0'
