/** What other programs get of the page's own client: the socket that reconnects and resumes, the HTTP routes, and their types. */
export type {
  AssistantItem,
  ConversationItem,
  ConversationsPage,
  HitsPage,
  MessageItem,
  MessagesPage,
  Problem,
  SearchHit,
  SessionAnswer,
  UserItem,
} from '../protocol/http.ts';
export type * from '../protocol/wire.ts';
export { ApiError, ChatApi } from './api.ts';
export { ChatSocket, type Connection, type SocketEvents, type SocketSettings } from './socket.ts';
