// A cable between two namespaces that carries IP packets without a link-layer header.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "support/netns.h"
#include "support/unique_fd.h"

namespace bpfcast::test {

/// Two tun interfaces, down, and a thread that hands over what each sends to the other one. The kernel
/// finishes checksums when it gives packets out, so a socket at the other end checks what was really
/// calculated. The interfaces go away with the object.
class TunCable {
 public:
  TunCable(const NetNs& near, const std::string& name, const NetNs& far, const std::string& far_name);
  ~TunCable();
  TunCable(const TunCable&) = delete;
  TunCable& operator=(const TunCable&) = delete;

 private:
  void Loop();

  UniqueFd near_;
  UniqueFd far_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace bpfcast::test
