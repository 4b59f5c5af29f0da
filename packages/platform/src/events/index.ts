export { BusUnavailable, type EventBus, type ServerEvent, type Subscription } from './event-bus.ts';
