// Background: the start of a daemon that its starter waits for.
#pragma once

#include "base/result.h"
#include "os/unique_fd.h"

namespace bpfcast {

class Background {
 public:
  /// Forks and goes on in the child; call it before threads, locks and sockets are made. The parent waits:
  /// it ends with 0 once the child calls Serving(), or as the child ends before that.
  static Result<Background> Enter();

  /// The start succeeded: leaves the terminal and the session, and lets the parent go. Once.
  Result<void> Serving();

 private:
  explicit Background(UniqueFd parent) : parent_(std::move(parent)) {}

  UniqueFd parent_;
};

}  // namespace bpfcast
