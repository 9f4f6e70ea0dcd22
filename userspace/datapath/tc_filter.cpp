#include "datapath/tc_filter.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <libmnl/libmnl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <vector>

namespace bpfcast {
namespace {

// Ours, so that other filters of the interface keep their places.
constexpr std::uint32_t kPriority = 49137;
constexpr std::uint32_t kHandle = 0xbfca;
constexpr std::string_view kWithQdisc = "tcfq_";
constexpr std::string_view kWithoutQdisc = "tcf_";
constexpr std::string_view kDraft = "_new";

bpf_tc_hook Hook(std::uint32_t ifindex, bpf_tc_attach_point point) {
  bpf_tc_hook hook{};
  hook.sz = sizeof hook;
  hook.ifindex = static_cast<int>(ifindex);
  hook.attach_point = point;
  return hook;
}

bpf_tc_opts Options() {
  bpf_tc_opts options{};
  options.sz = sizeof options;
  options.handle = kHandle;
  options.priority = kPriority;
  return options;
}

// True only if the kernel says so: a qdisc with a filter of somebody else stays.
bool HasNoFilters(std::uint32_t ifindex, std::uint32_t parent) {
  const std::unique_ptr<mnl_socket, int (*)(mnl_socket*)> socket(mnl_socket_open(NETLINK_ROUTE),
                                                                 mnl_socket_close);
  if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) return false;
  alignas(nlmsghdr) std::array<char, 256> request{};
  nlmsghdr* header = mnl_nlmsg_put_header(request.data());
  header->nlmsg_type = RTM_GETTFILTER;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  header->nlmsg_seq = 1;
  auto* message = static_cast<tcmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(tcmsg)));
  message->tcm_family = AF_UNSPEC;
  message->tcm_ifindex = static_cast<int>(ifindex);
  message->tcm_parent = parent;
  if (mnl_socket_sendto(socket.get(), header, header->nlmsg_len) < 0) return false;

  bool empty = true;
  const mnl_cb_t see_filter = [](const nlmsghdr* reply, void* data) {
    if (reply->nlmsg_type == RTM_NEWTFILTER) *static_cast<bool*>(data) = false;
    return MNL_CB_OK;
  };
  std::vector<char> buffer(static_cast<std::size_t>(MNL_SOCKET_BUFFER_SIZE));
  for (;;) {
    const auto size = mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
    if (size < 0) return false;
    const int more = mnl_cb_run(buffer.data(), static_cast<std::size_t>(size), 1,
                                mnl_socket_get_portid(socket.get()), see_filter, &empty);
    if (more < 0) return false;
    if (more == MNL_CB_STOP) return empty;
  }
}

void Detach(std::uint32_t ifindex) {
  const bpf_tc_hook hook = Hook(ifindex, BPF_TC_INGRESS);
  const bpf_tc_opts options = Options();
  bpf_tc_detach(&hook, &options);
}

void RemoveQdiscIfEmpty(std::uint32_t ifindex) {
  if (!HasNoFilters(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)) ||
      !HasNoFilters(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS))) {
    return;
  }
  bpf_tc_hook hook = Hook(ifindex, static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS));
  bpf_tc_hook_destroy(&hook);
}

std::uint32_t ProgramId(int program) {
  bpf_prog_info info{};
  std::uint32_t size = sizeof info;
  return bpf_obj_get_info_by_fd(program, &info, &size) == 0 ? info.id : 0;
}

/// What pins say that an earlier agent left on the interface.
struct Left {
  bool filter = false;  // with a program of ours
  bool qdisc = false;
};

Left FindLeft(std::uint32_t ifindex, const BpfPins& pins) {
  const bpf_tc_hook hook = Hook(ifindex, BPF_TC_INGRESS);
  bpf_tc_opts there = Options();
  const bool is_there = bpf_tc_query(&hook, &there) == 0;
  Left left;
  for (const std::string_view kind : {kWithQdisc, kWithoutQdisc}) {
    for (const std::string_view stage : {std::string_view(), kDraft}) {
      const BpfFd pin = pins.Find(std::string(kind) + std::to_string(ifindex) + std::string(stage));
      if (!pin) continue;
      left.filter = left.filter || (is_there && there.prog_id == ProgramId(pin.get()));
      left.qdisc = left.qdisc || kind == kWithQdisc;
    }
  }
  return left;
}

}  // namespace

Result<TcFilter> TcFilter::Attach(int program, std::uint32_t ifindex, const BpfPins& pins) {
  bpf_tc_hook hook = Hook(ifindex, BPF_TC_INGRESS);
  const int created = bpf_tc_hook_create(&hook);
  if (created != 0 && created != -EEXIST) {
    return Fail(std::string("add a clsact qdisc: ") + std::strerror(-created));
  }
  const Left left = FindLeft(ifindex, pins);
  TcFilter filter;
  filter.pins_ = &pins;
  filter.pin_ =
      std::string(created == 0 || left.qdisc ? kWithQdisc : kWithoutQdisc) + std::to_string(ifindex);
  // Pinned first: a crash in between leaves a name too many, not a filter that nobody knows.
  const std::string draft = filter.pin_ + std::string(kDraft);
  Result<void> done = pins.Pin(program, draft);
  if (done) {
    bpf_tc_opts options = Options();
    options.prog_fd = program;
    options.flags = left.filter ? BPF_TC_F_REPLACE : 0;
    if (const int error = bpf_tc_attach(&hook, &options)) {
      done = Fail(std::string("add a TC filter: ") + std::strerror(-error));
    } else {
      done = pins.Rename(draft, filter.pin_);
      if (!done && !left.filter) Detach(ifindex);
    }
  }
  if (!done) {
    pins.Unpin(draft);
    if (created == 0) RemoveQdiscIfEmpty(ifindex);
    return tl::unexpected(done.error());
  }
  filter.ifindex_ = ifindex;
  return filter;
}

TcFilter::~TcFilter() {
  if (ifindex_ == 0) return;
  Detach(ifindex_);
  if (pin_.starts_with(kWithQdisc)) RemoveQdiscIfEmpty(ifindex_);
  pins_->Unpin(pin_);
}

bool TcFilter::IsAttached(int program) const {
  const bpf_tc_hook hook = Hook(ifindex_, BPF_TC_INGRESS);
  bpf_tc_opts found = Options();
  return bpf_tc_query(&hook, &found) == 0 && found.prog_id == ProgramId(program);
}

void TcFilter::RemoveStale(std::string_view pin, int program) {
  const bool with_qdisc = pin.starts_with(kWithQdisc);
  const std::string_view number = pin.substr(with_qdisc ? kWithQdisc.size() : kWithoutQdisc.size());
  std::uint32_t ifindex = 0;
  if (std::from_chars(number.data(), number.data() + number.size(), ifindex).ec != std::errc()) return;
  const bpf_tc_hook hook = Hook(ifindex, BPF_TC_INGRESS);
  bpf_tc_opts found = Options();
  if (bpf_tc_query(&hook, &found) != 0 || found.prog_id != ProgramId(program)) return;
  Detach(ifindex);
  if (with_qdisc) RemoveQdiscIfEmpty(ifindex);
}

}  // namespace bpfcast
