#include "os/event_loop.h"

#define ASIO_STANDALONE
#define ASIO_NO_DEPRECATED
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <csignal>
#include <cstdint>
#include <utility>

namespace bpfcast {
namespace {

/// A flood of events must not keep AfterWakeUp() from running.
constexpr int kMaxBurst = 64;

void AwaitSignals(asio::signal_set& signals, const EventLoop::Handler& handler) {
  signals.async_wait([&signals, handler](const asio::error_code& error, int) {
    if (error) return;
    AwaitSignals(signals, handler);
    handler();
  });
}

}  // namespace

struct EventLoop::Impl {
  asio::io_context context{1};
  asio::signal_set stop_signals{context, SIGTERM, SIGINT};
  asio::signal_set hand_over_signals{context, SIGUSR1};
  asio::signal_set reload_signals{context, SIGHUP};
  Handler after_wake_up;
  bool stopped = false;
};

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::OnStopSignal(Handler handler) {
  AwaitSignals(impl_->stop_signals, handler);
}

void EventLoop::OnHandOverSignal(Handler handler) {
  AwaitSignals(impl_->hand_over_signals, handler);
}

void EventLoop::OnReloadSignal(Handler handler) {
  AwaitSignals(impl_->reload_signals, handler);
}

void EventLoop::AfterWakeUp(Handler handler) {
  impl_->after_wake_up = std::move(handler);
}

void EventLoop::Run() {
  const auto work = asio::make_work_guard(impl_->context);
  impl_->stopped = false;
  while (!impl_->stopped) {
    impl_->context.run_one();
    for (int i = 1; i < kMaxBurst && !impl_->stopped && impl_->context.poll_one() > 0; ++i) {
    }
    if (impl_->after_wake_up) impl_->after_wake_up();
  }
}

void EventLoop::Stop() {
  impl_->stopped = true;
}

struct Deadline::State {
  explicit State(asio::io_context& context) : timer(context) {}

  asio::steady_timer timer;
  std::uint64_t set = 0;  // how often; an expiry that was set before, but has not run yet, is none any more
};

Deadline::Deadline(EventLoop& loop) : state_(std::make_shared<State>(loop.impl_->context)) {}

Deadline::~Deadline() {
  ++state_->set;
  state_->timer.cancel();
}

void Deadline::Set(Time time, EventLoop::Handler handler) {
  ++state_->set;
  // Replacing the expiry cancels the pending wait.
  state_->timer.expires_at(std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(time.time_since_epoch())));
  if (time == kNever) return;
  state_->timer.async_wait(
      [state = state_, set = state_->set, handler = std::move(handler)](const asio::error_code& error) {
        if (!error && state->set == set) handler();
      });
}

struct FdWatch::State : std::enable_shared_from_this<FdWatch::State> {
  State(asio::io_context& context, int fd) : descriptor(context, fd) {}

  void Wait(FdEvent event, EventLoop::Handler handler) {
    const auto type = event == FdEvent::kReadable ? asio::posix::stream_descriptor::wait_read
                                                  : asio::posix::stream_descriptor::wait_write;
    descriptor.async_wait(
        type, [self = shared_from_this(), handler = std::move(handler)](const asio::error_code& error) {
          if (!error && !self->closed) handler();
        });
  }

  asio::posix::stream_descriptor descriptor;
  bool closed = false;
};

FdWatch::FdWatch(EventLoop& loop, int fd) : state_(std::make_shared<State>(loop.impl_->context, fd)) {}

FdWatch& FdWatch::operator=(FdWatch&& other) noexcept {
  state_.swap(other.state_);
  return *this;
}

FdWatch::~FdWatch() {
  if (!state_) return;
  state_->closed = true;
  state_->descriptor.release();
}

void FdWatch::Wait(FdEvent event, EventLoop::Handler handler) {
  state_->Wait(event, std::move(handler));
}

void FdWatch::OnReadable(EventLoop::Handler handler) {
  // The state keeps its own watch going: a handler that destroys the watch finds it closed.
  struct Again {
    std::shared_ptr<State> state;
    EventLoop::Handler handler;
    void operator()() const {
      handler();
      if (!state->closed) state->Wait(FdEvent::kReadable, *this);
    }
  };
  state_->Wait(FdEvent::kReadable, Again{state_, std::move(handler)});
}

}  // namespace bpfcast
