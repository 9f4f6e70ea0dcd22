// A TCP socket that takes connections.
#pragma once

#include "base/endpoint.h"
#include "base/result.h"
#include "os/unique_fd.h"

namespace bpfcast {

struct TcpListener {
  UniqueFd fd;
  /// No interface has the address; it is listened on once one does.
  bool address_is_missing = false;
};

/// Neither it nor what it accepts blocks. [::] takes connections of IPv4, too. Interfaces are those of the
/// network namespace of the calling thread. The error is a cause and a way out, without the address.
Result<TcpListener> ListenTcp(const Endpoint& endpoint, int backlog);

}  // namespace bpfcast
