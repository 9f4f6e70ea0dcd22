#include "support/foreign_program.h"

#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>

namespace bpfcast::test {
namespace {

// Not in the headers of Linux 6.1.
constexpr std::uint32_t kTcxIngress = 46;

int Bpf(bpf_cmd command, bpf_attr& attributes, const std::string& what) {
  const long result = syscall(SYS_bpf, command, &attributes, sizeof attributes);
  if (result < 0) throw std::runtime_error(what + ": " + std::strerror(errno));
  return static_cast<int>(result);
}

/// r0 = value; exit
std::array<bpf_insn, 2> Returning(std::int32_t value) {
  bpf_insn load{};
  load.code = BPF_ALU64 | BPF_MOV | BPF_K;
  load.imm = value;
  bpf_insn end{};
  end.code = BPF_JMP | BPF_EXIT;
  return {load, end};
}

}  // namespace

ForeignProgram::ForeignProgram(Kind kind, const std::string& name) : kind_(kind) {
  constexpr std::int32_t kXdpPass = 2;
  constexpr std::int32_t kTcxNext = -1;
  const auto instructions = Returning(kind == Kind::kXdp ? kXdpPass : kTcxNext);
  bpf_attr attributes{};
  attributes.prog_type = kind == Kind::kXdp ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_SCHED_CLS;
  attributes.insns = reinterpret_cast<std::uintptr_t>(instructions.data());
  attributes.insn_cnt = instructions.size();
  attributes.license = reinterpret_cast<std::uintptr_t>("GPL");
  name.copy(attributes.prog_name, sizeof attributes.prog_name - 1);
  fd_ = UniqueFd(Bpf(BPF_PROG_LOAD, attributes, "load " + name));
  bpf_prog_info info{};
  attributes = {};
  attributes.info.bpf_fd = static_cast<std::uint32_t>(fd_.get());
  attributes.info.info_len = sizeof info;
  attributes.info.info = reinterpret_cast<std::uintptr_t>(&info);
  Bpf(BPF_OBJ_GET_INFO_BY_FD, attributes, "ask for " + name);
  id_ = info.id;
}

UniqueFd ForeignProgram::Attach(const NetNs& ns, const std::string& interface) const {
  bpf_attr attributes{};
  attributes.link_create.prog_fd = static_cast<std::uint32_t>(fd_.get());
  attributes.link_create.target_ifindex = static_cast<std::uint32_t>(ns.IfIndex(interface));
  attributes.link_create.attach_type =
      kind_ == Kind::kXdp ? static_cast<std::uint32_t>(BPF_XDP) : kTcxIngress;
  UniqueFd link;
  ns.Run([&] { link = UniqueFd(Bpf(BPF_LINK_CREATE, attributes, "attach to " + interface)); });
  return link;
}

void ForeignProgram::AttachByNetlink(const NetNs& ns, const std::string& interface) const {
  struct {
    nlmsghdr header{};
    ifinfomsg link{};
    rtattr xdp{};
    rtattr fd_header{};
    std::int32_t fd = 0;
    rtattr flags_header{};
    std::uint32_t flags = XDP_FLAGS_UPDATE_IF_NOEXIST | XDP_FLAGS_DRV_MODE;
  } request;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_SETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  request.link.ifi_index = ns.IfIndex(interface);
  request.xdp = {static_cast<unsigned short>(sizeof request - offsetof(decltype(request), xdp)),
                 NLA_F_NESTED | IFLA_XDP};
  request.fd_header = {RTA_LENGTH(sizeof request.fd), IFLA_XDP_FD};
  request.fd = fd_.get();
  request.flags_header = {RTA_LENGTH(sizeof request.flags), IFLA_XDP_FLAGS};
  const UniqueFd socket = ns.Socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  struct {
    nlmsghdr header;
    nlmsgerr error;
  } answer{};
  if (send(socket.get(), &request, sizeof request, 0) < 0 ||
      recv(socket.get(), &answer, sizeof answer, 0) < 0) {
    throw std::runtime_error("attach to " + interface + ": " + std::strerror(errno));
  }
  if (answer.error.error != 0) {
    throw std::runtime_error("attach to " + interface + ": " + std::strerror(-answer.error.error));
  }
}

std::vector<std::uint32_t> TcxPrograms(const NetNs& ns, const std::string& interface) {
  std::vector<std::uint32_t> ids(16);
  bpf_attr attributes{};
  attributes.query.target_fd = static_cast<std::uint32_t>(ns.IfIndex(interface));
  attributes.query.attach_type = kTcxIngress;
  attributes.query.prog_ids = reinterpret_cast<std::uintptr_t>(ids.data());
  attributes.query.prog_cnt = static_cast<std::uint32_t>(ids.size());
  ns.Run([&] { Bpf(BPF_PROG_QUERY, attributes, "programs of " + interface); });
  ids.resize(attributes.query.prog_cnt);
  return ids;
}

void DetachLink(const std::string& pin) {
  bpf_attr attributes{};
  attributes.pathname = reinterpret_cast<std::uintptr_t>(pin.c_str());
  const UniqueFd link(Bpf(BPF_OBJ_GET, attributes, "open " + pin));
  attributes = {};
  attributes.link_detach.link_fd = static_cast<std::uint32_t>(link.get());
  Bpf(BPF_LINK_DETACH, attributes, "detach " + pin);
}

}  // namespace bpfcast::test
