// EventLoop: one thread, one loop. Descriptors, deadlines and signals come in; handlers run one after the
// other.
#pragma once

#include <functional>
#include <memory>

#include "base/time.h"

namespace bpfcast {

/// Handlers must not throw. They may create and destroy watches and deadlines, their own too.
class EventLoop {
 public:
  using Handler = std::function<void()>;

  /// From now on SIGTERM, SIGINT, SIGHUP and SIGUSR1 no longer end the process; one that comes before its
  /// handler is set waits for it.
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// What SIGTERM and SIGINT call, once the loop runs.
  void OnStopSignal(Handler handler);
  /// What SIGUSR1 calls.
  void OnHandOverSignal(Handler handler);
  /// What SIGHUP calls.
  void OnReloadSignal(Handler handler);
  /// Runs after each wake-up, when a burst of ready events has been handled: the place to act once for all of
  /// them.
  void AfterWakeUp(Handler handler);

  /// Handles events until Stop().
  void Run();
  void Stop();

 private:
  friend class Deadline;
  friend class FdWatch;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Something that is to happen at a time. Its handler never runs after its end.
class Deadline {
 public:
  explicit Deadline(EventLoop& loop);
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline();

  /// Runs `handler` once when `time` has passed; a new time replaces the old one, kNever clears it.
  void Set(Time time, EventLoop::Handler handler);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

enum class FdEvent { kReadable, kWritable };

/// Waits on a descriptor that it does not own. Destroy it before the descriptor is closed; its handlers never
/// run afterwards.
class FdWatch {
 public:
  FdWatch() = default;
  FdWatch(EventLoop& loop, int fd);
  FdWatch(FdWatch&&) noexcept = default;
  FdWatch& operator=(FdWatch&& other) noexcept;
  ~FdWatch();

  /// Calls `handler` once when the event happens.
  void Wait(FdEvent event, EventLoop::Handler handler);
  /// Calls `handler` each time the descriptor is readable, until the watch is destroyed.
  void OnReadable(EventLoop::Handler handler);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace bpfcast
