// Signals: those that end a verb or tell it something, as a descriptor instead of an interruption.
#pragma once

#include <csignal>
#include <initializer_list>
#include <optional>

#include "os/unique_fd.h"

namespace bpfcast {

/// Holds back the signals while it lives, and gives them one by one.
class Signals {
 public:
  explicit Signals(std::initializer_list<int> signals);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  int fd() const { return fd_.get(); }
  /// The next one that came, without waiting.
  std::optional<int> Next();

 private:
  sigset_t before_{};
  UniqueFd fd_;
};

}  // namespace bpfcast
