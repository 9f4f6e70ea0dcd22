#include "datapath/mroute_owner.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "datapath/mroute_abi.h"

namespace bpfcast {
namespace {

namespace fs = std::filesystem;

/// The links in /proc/PID/fd that lead to the raw sockets of a protocol: "socket:[INODE]".
std::set<std::string> RawSockets(const char* list, int protocol) {
  std::array<char, 8> wanted{};  // the port of a raw socket is its protocol
  std::snprintf(wanted.data(), wanted.size(), ":%04X", static_cast<unsigned>(protocol));
  std::set<std::string> sockets;
  std::ifstream file(list);
  std::string line;
  std::getline(file, line);  // the heading
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::vector<std::string> fields;
    for (std::string word; words >> word;) fields.push_back(word);
    if (fields.size() < 10 || !fields[1].ends_with(wanted.data())) continue;
    sockets.insert("socket:[" + fields[9] + "]");
  }
  return sockets;
}

bool HasOneOf(const std::set<std::string>& sockets, const fs::path& process) {
  std::error_code error;
  for (fs::directory_iterator fd(process / "fd", error), end; !error && fd != end; fd.increment(error)) {
    std::error_code unreadable;
    const fs::path target = fs::read_symlink(fd->path(), unreadable);
    if (!unreadable && sockets.contains(target.string())) return true;
  }
  return false;
}

bool IsNumber(const std::string& text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char each) { return each >= '0' && each <= '9'; });
}

}  // namespace

template <class F>
bool HasMroute() {
  return fs::exists(MrouteAbi<F>::kVifList);
}

template <class F>
std::string FindMrouteOwner() {
  const std::set<std::string> sockets = RawSockets(MrouteAbi<F>::kSocketList, MrouteAbi<F>::kProtocol);
  std::string owners;
  std::error_code error;
  for (fs::directory_iterator process("/proc", error), end; !error && process != end;
       process.increment(error)) {
    const std::string id = process->path().filename().string();
    if (!IsNumber(id) || id == std::to_string(::getpid()) || !HasOneOf(sockets, process->path())) continue;
    std::string name;
    std::getline(std::ifstream(process->path() / "comm"), name);
    owners += (owners.empty() ? "" : " or ") + name + " (process " + id + ")";
  }
  return owners;
}

template <class F>
std::vector<std::string> MrouteInterfaces() {
  std::vector<std::string> names;
  std::ifstream file(MrouteAbi<F>::kVifList);
  std::string line;
  std::getline(file, line);  // the heading
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string number;
    std::string name;
    if (words >> number >> name) names.push_back(name);
  }
  return names;
}

template bool HasMroute<Igmp>();
template bool HasMroute<Mld>();
template std::string FindMrouteOwner<Igmp>();
template std::string FindMrouteOwner<Mld>();
template std::vector<std::string> MrouteInterfaces<Igmp>();
template std::vector<std::string> MrouteInterfaces<Mld>();

}  // namespace bpfcast
