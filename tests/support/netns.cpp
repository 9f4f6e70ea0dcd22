#include "support/netns.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "support/process.h"

namespace bpfcast::test {
namespace {

namespace fs = std::filesystem;

ifreq Request(const NetNs& ns, const std::string& interface, unsigned long what) {
  const UniqueFd socket = ns.Socket(AF_INET, SOCK_DGRAM, 0);
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  if (ioctl(socket.get(), what, &request) != 0) {
    throw std::runtime_error(ns.name() + ": " + interface + ": " + std::strerror(errno));
  }
  return request;
}

}  // namespace

NetNs::NetNs(std::string name, Ipv6 ipv6) : name_(std::move(name)) {
  MustRun({"ip", "netns", "add", name_});
  if (ipv6 == Ipv6::kOn) {
    const std::string conf = "ipv6/conf/default/";
    for (const char* setting : {"accept_dad", "dad_transmits", "accept_ra", "router_solicitations"})
      Sysctl(conf + setting, "0");
    Sysctl(conf + "addr_gen_mode", "1");
  } else if (fs::exists("/proc/sys/net/ipv6")) {
    Sysctl("ipv6/conf/all/disable_ipv6", "1");
    Sysctl("ipv6/conf/default/disable_ipv6", "1");
  }
  Ip("link set lo up");
}

NetNs::~NetNs() {
  try {
    RunCommand({"ip", "netns", "del", name_});
  } catch (const std::exception&) {
    // the next run removes it
  }
}

UniqueFd NetNs::Open() const {
  UniqueFd fd(open(("/run/netns/" + name_).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw std::runtime_error("open namespace " + name_ + ": " + std::strerror(errno));
  return fd;
}

void NetNs::Run(const std::function<void()>& work) const {
  std::exception_ptr failure;
  std::thread([&] {
    try {
      if (setns(Open().get(), CLONE_NEWNET) != 0)
        throw std::runtime_error("setns " + name_ + ": " + std::strerror(errno));
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

UniqueFd NetNs::Socket(int domain, int type, int protocol) const {
  UniqueFd fd;
  Run([&] { fd = UniqueFd(::socket(domain, type | SOCK_CLOEXEC, protocol)); });
  if (!fd) throw std::runtime_error(name_ + ": socket: " + std::strerror(errno));
  return fd;
}

void NetNs::Sysctl(const std::string& path, const std::string& value) const {
  Run([&] {
    std::ofstream file("/proc/sys/net/" + path);
    file << value << std::flush;
    if (!file) throw std::runtime_error(name_ + ": cannot set " + path + " to " + value);
  });
}

std::string NetNs::Ip(const std::string& command) const {
  std::vector<std::string> argv{"ip", "-n", name_};
  for (std::string& word : Words(command)) argv.push_back(std::move(word));
  return MustRun(argv);
}

void NetNs::IpBatch(const std::string& commands) const {
  MustRun({"ip", "-n", name_, "-batch", "-"}, nullptr, commands);
}

int NetNs::IfIndex(const std::string& interface) const {
  return Request(*this, interface, SIOCGIFINDEX).ifr_ifindex;
}

MacAddress NetNs::Mac(const std::string& interface) const {
  const ifreq request = Request(*this, interface, SIOCGIFHWADDR);
  MacAddress mac;
  std::copy_n(request.ifr_hwaddr.sa_data, mac.size(), mac.begin());
  return mac;
}

void RemoveLeftovers() {
  const std::regex ours("bpfcast-[a-z0-9]+-([0-9]+)(-.*)?(\\.sock|\\.lock|\\.allmulti|\\.static)?");
  const auto is_leftover = [&](const std::string& name) {
    std::smatch match;
    return std::regex_match(name, match, ours) && kill(std::stoi(match[1]), 0) != 0 && errno == ESRCH;
  };
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/run/netns", error)) {
    if (is_leftover(entry.path().filename())) RunCommand({"ip", "netns", "del", entry.path().filename()});
  }
  for (const char* folder : {"/sys/fs/bpf/bpfcast", "/run/bpfcast"}) {
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (is_leftover(entry.path().filename())) fs::remove_all(entry.path(), error);
    }
  }
}

std::string NamePrefix(const std::string& what) {
  return "bpfcast-" + what + "-" + std::to_string(getpid());
}

std::vector<std::string> Words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

}  // namespace bpfcast::test
