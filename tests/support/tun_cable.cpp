#include "support/tun_cable.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace bpfcast::test {
namespace {

UniqueFd OpenTun(const NetNs& ns, const std::string& name) {
  UniqueFd fd;
  ns.Run([&] {
    fd = UniqueFd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
    ifreq request{};
    name.copy(request.ifr_name, IFNAMSIZ - 1);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (fd.get() < 0 || ::ioctl(fd.get(), TUNSETIFF, &request) != 0) {
      throw std::runtime_error("tun interface " + name + ": " + std::strerror(errno));
    }
  });
  return fd;
}

}  // namespace

TunCable::TunCable(const NetNs& near, const std::string& name, const NetNs& far, const std::string& far_name)
    : near_(OpenTun(near, name)), far_(OpenTun(far, far_name)), thread_([this] { Loop(); }) {}

TunCable::~TunCable() {
  stop_ = true;
  thread_.join();
}

void TunCable::Loop() {
  std::vector<char> packet(65536);
  const int ends[] = {near_.get(), far_.get()};
  while (!stop_) {
    pollfd wait[] = {{ends[0], POLLIN, 0}, {ends[1], POLLIN, 0}};
    if (::poll(wait, 2, 20) <= 0) continue;
    for (int end = 0; end < 2; ++end) {
      for (;;) {
        const ssize_t size = ::read(ends[end], packet.data(), packet.size());
        if (size <= 0) break;
        // What an interface that is down does not take is lost, as on any cable.
        [[maybe_unused]] const ssize_t written =
            ::write(ends[1 - end], packet.data(), static_cast<std::size_t>(size));
      }
    }
  }
}

}  // namespace bpfcast::test
