#include "datapath/bpf_pins.h"

#include <bpf/bpf.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "datapath/bpf_fd.h"
#include "datapath/bpf_link.h"
#include "datapath/tc_filter.h"
#include "spdlog/spdlog.h"

namespace bpfcast {
namespace {

namespace fs = std::filesystem;

bool IsBpffs(const std::string& path) {
  struct statfs info {};
  return ::statfs(path.c_str(), &info) == 0 && info.f_type == BPF_FS_MAGIC;
}

Result<void> MountIfMissing(const std::string& bpffs) {
  if (IsBpffs(bpffs)) return {};
  std::error_code ignored;
  fs::create_directories(bpffs, ignored);
  if (::mount("bpf", bpffs.c_str(), "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") != 0) {
    return Fail("mount the BPF file system on " + bpffs + ": " + std::strerror(errno) +
                "; run `mount -t bpf bpf " + bpffs + "` as root");
  }
  spdlog::info("mounted the BPF file system on {}", bpffs);
  return {};
}

// Freeing a link by its last reference happens later, in a worker; detaching it happens now.
void RemoveStalePin(const fs::path& pin) {
  const std::string name = pin.filename().string();
  if (name.starts_with(kLinkPinPrefix)) {
    const BpfFd link(bpf_obj_get(pin.c_str()));
    if (link) bpf_link_detach(link.get());
  } else if (name.starts_with(kFilterPinPrefix)) {
    const BpfFd program(bpf_obj_get(pin.c_str()));
    if (program) TcFilter::RemoveStale(name, program.get());
  }
  ::unlink(pin.c_str());
}

}  // namespace

Result<BpfPins> BpfPins::Open(const std::string& bpffs, const std::string& instance) {
  if (Result<void> mounted = MountIfMissing(bpffs); !mounted) return tl::unexpected(mounted.error());
  const std::string root = bpffs + "/bpfcast";
  BpfPins pins(root, root + "/" + instance);
  std::error_code error;
  fs::create_directories(pins.directory_, error);
  if (error) {
    return Fail("create " + pins.directory_ + ": " + error.message() +
                "; run as root, or let the agent's user write there");
  }
  RemoveStale(bpffs, instance);
  return pins;
}

void BpfPins::RemoveStale(const std::string& bpffs, const std::string& instance) {
  const std::string directory = bpffs + "/bpfcast/" + instance;
  std::error_code error;
  // Collected first: the directory changes under the iterator.
  std::vector<fs::path> stale;
  for (const auto& entry : fs::directory_iterator(directory, error)) stale.push_back(entry.path());
  if (!stale.empty()) spdlog::info("removing what an earlier agent left in {}", directory);
  for (const fs::path& pin : stale) RemoveStalePin(pin);
}

BpfPins::~BpfPins() {
  if (directory_.empty()) return;
  std::error_code error;
  std::vector<fs::path> pins;
  for (const auto& entry : fs::directory_iterator(directory_, error)) pins.push_back(entry.path());
  for (const fs::path& pin : pins) ::unlink(pin.c_str());
  if (::rmdir(directory_.c_str()) == 0) ::rmdir(root_.c_str());
}

Result<void> BpfPins::Pin(int fd, const std::string& name) const {
  const std::string path = directory_ + "/" + name;
  if (bpf_obj_pin(fd, path.c_str()) == 0) return {};
  return Fail("pin " + path + ": " + std::strerror(errno));
}

void BpfPins::Unpin(const std::string& name) const {
  ::unlink((directory_ + "/" + name).c_str());
}

}  // namespace bpfcast
