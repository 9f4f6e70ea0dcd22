#include "datapath/bpf_pins.h"

#include <bpf/bpf.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "datapath/bpf_link.h"
#include "datapath/tc_filter.h"
#include "log/log.h"
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
  Log(Subsystem::kDatapath).info("mounted the BPF file system on {}", bpffs);
  return {};
}

// Freeing a link by its last reference happens later, in a worker; detaching it happens now.
void RemovePin(const std::string& directory, const std::string& name) {
  const std::string path = directory + "/" + name;
  const bool is_link = name.starts_with(kLinkPinPrefix);
  const bool is_filter = name.starts_with(kFilterPinPrefix);
  const BpfFd object(is_link || is_filter ? bpf_obj_get(path.c_str()) : -1);
  if (object && is_link) bpf_link_detach(object.get());
  if (object && is_filter) TcFilter::RemoveStale(name, object.get());
  ::unlink(path.c_str());
}

}  // namespace

Result<BpfPins> BpfPins::Open(const std::string& bpffs, const std::string& instance, Survival links) {
  if (Result<void> mounted = MountIfMissing(bpffs); !mounted) return tl::unexpected(mounted.error());
  BpfPins pins(bpffs + "/bpfcast", instance);
  pins.links_ = links;
  std::error_code error;
  fs::create_directories(pins.directory_, error);
  if (error) {
    return Fail("create " + pins.directory_ + ": " + error.message() +
                "; run as root, or let the agent's user write there");
  }
  return pins;
}

void BpfPins::RemoveAll(const std::string& bpffs, const std::string& instance) {
  BpfPins(bpffs + "/bpfcast", instance).RemoveAll();
}

void BpfPins::RemoveAll() const {
  RemoveOthers([](const std::string&) { return false; });
  if (::rmdir(directory_.c_str()) == 0) ::rmdir(root_.c_str());
}

void BpfPins::RemoveOthers(const std::function<bool(const std::string&)>& belongs) const {
  for (const std::string& name : Names()) {
    if (!belongs(name)) RemovePin(directory_, name);
  }
}

std::vector<std::string> BpfPins::Names() const {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory_, error))
    names.push_back(entry.path().filename());
  return names;
}

Result<void> BpfPins::Pin(int fd, const std::string& name) const {
  const std::string path = directory_ + "/" + name;
  ::unlink(path.c_str());
  if (bpf_obj_pin(fd, path.c_str()) == 0) return {};
  return Fail("pin " + path + ": " + std::strerror(errno));
}

Result<void> BpfPins::PinLink(int fd, const std::string& name) const {
  if (links_ == Survival::kOutlivesAgent) return Pin(fd, name);
  Unpin(name);
  return {};
}

void BpfPins::Unpin(const std::string& name) const {
  ::unlink((directory_ + "/" + name).c_str());
}

Result<void> BpfPins::Rename(const std::string& from, const std::string& to) const {
  if (std::rename((directory_ + "/" + from).c_str(), (directory_ + "/" + to).c_str()) == 0) return {};
  return Fail("rename the pin " + directory_ + "/" + from + " to " + to + ": " + std::strerror(errno));
}

Result<BpfFd> BpfPins::FindOrFail(const std::string& name) const {
  BpfFd object = Find(name);
  const int error = errno;
  if (object || error == ENOENT) return object;
  return Fail("open the pin " + directory_ + "/" + name + ": " + std::strerror(error) +
              "; start bpfcastd as the user that it ran as before, or remove the directory");
}

BpfFd BpfPins::Find(const std::string& name) const {
  return BpfFd(bpf_obj_get((directory_ + "/" + name).c_str()));
}

}  // namespace bpfcast
