/** The Outbound port on node:http and node:https, for every platform that runs on Node.js. @module */
export * from './guarded-http.ts'
export { systemClock } from './system-clock.ts'
