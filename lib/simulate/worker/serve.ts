import type { MessagePort } from 'node:worker_threads';
import { carry } from '../stream/messages';
import type { TaskAnswer } from './tasks';

/** Answers each task that comes through the port, until the thread is ended. */
export function serveTasks<Task, Result>(port: MessagePort, work: (task: Task) => Result): void {
  port.on('message', (task: Task) => {
    let answer: TaskAnswer<Result>;
    try {
      answer = { result: work(task) };
    } catch (error) {
      answer = { error: carry(error) };
    }
    port.postMessage(answer);
  });
}
