#include "capture/program_tap.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <set>
#include <string>
#include <utility>

#include "bpfcast_capture.skel.h"
#include "capture/vlan_tag.h"
#include "datapath/bpf_map.h"
#include "datapath/netns_cookie.h"

namespace bpfcast {
namespace {

constexpr std::size_t kAllBuffers = 64 << 20;  // octets
constexpr std::size_t kLargestBuffer = 8 << 20;
constexpr std::size_t kSmallestBuffer = 512 << 10;

/// Of one CPU, a power of two.
std::size_t PagesOfBuffer() {
  const auto cpus = static_cast<std::size_t>(std::max(1, libbpf_num_possible_cpus()));
  const std::size_t size = std::clamp(kAllBuffers / cpus, kSmallestBuffer, kLargestBuffer);
  return std::bit_floor(size / static_cast<std::size_t>(::getpagesize()));
}

tl::unexpected<Error> TapError(const std::string& what, int error) {
  return Fail(what + ": " + std::strerror(error) +
              (error == EPERM || error == EACCES ? "; run it as root" : ""));
}

std::int64_t Nanoseconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

bpfcast_any_address ToKey(const Ipv6Address& address) {
  bpfcast_any_address key{};
  std::memcpy(&key, address.bytes().data(), sizeof key);
  return key;
}

Result<void> Fill(int map, const std::vector<Ipv6Address>& addresses) {
  for (const Ipv6Address& address : addresses) {
    const bpfcast_any_address key = ToKey(address);
    constexpr std::uint32_t kThere = 1;
    if (bpf_map_update_elem(map, &key, &kThere, BPF_ANY) != 0) return TapError("fill the filter", errno);
  }
  return {};
}

/// Those of the capture that belong to a program of this kind.
std::vector<bpf_program*> OwnPrograms(const bpfcast_capture& capture, ProgramKind kind) {
  const auto& programs = capture.progs;
  switch (kind) {
    case ProgramKind::kXdp:
      return {programs.xdp_arrives, programs.xdp_judged};
    case ProgramKind::kXdpEgress:
      return {programs.xdp_leaves};
    case ProgramKind::kTc:
      return {programs.tc_arrives, programs.tc_judged};
    case ProgramKind::kTcBare:
      return {programs.bare_arrives, programs.tc_judged};
  }
  return {};
}

}  // namespace

void ProgramTap::Destroy::operator()(bpfcast_capture* object) const {
  bpfcast_capture::destroy(object);
}
void ProgramTap::Destroy::operator()(perf_buffer* buffer) const {
  perf_buffer__free(buffer);
}
ProgramTap::~ProgramTap() = default;

Result<ProgramTap::Object> ProgramTap::OpenObject() const {
  Object object(bpfcast_capture::open());
  if (!object) return TapError("open the programs of the capture", errno);
  object->rodata->netns_cookie = netns_cookie_;
  object->rodata->some_groups = filter_.groups.empty() ? 0 : 1;
  object->rodata->some_sources = filter_.sources.empty() ? 0 : 1;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object->obj) bpf_program__set_autoload(program, false);
  return object;
}

Result<std::unique_ptr<ProgramTap>> ProgramTap::Open(const FrameFilter& filter) {
  libbpf_set_print(nullptr);  // the errors here name object, cause and way out
  std::unique_ptr<ProgramTap> tap(new ProgramTap);
  tap->filter_ = filter;
  const Result<std::uint64_t> cookie = NetnsCookie();
  if (!cookie) return tl::unexpected(cookie.error());
  tap->netns_cookie_ = *cookie;
  Result<Object> maps = tap->OpenObject();
  if (!maps) return tl::unexpected(maps.error());
  if (const int error = bpfcast_capture::load(maps->get())) {
    return TapError("make the maps of the capture", -error);
  }
  tap->maps_ = std::move(*maps);
  if (Result<void> filled = Fill(bpf_map__fd(tap->maps_->maps.groups), filter.groups); !filled) {
    return tl::unexpected(filled.error());
  }
  if (Result<void> filled = Fill(bpf_map__fd(tap->maps_->maps.sources), filter.sources); !filled) {
    return tl::unexpected(filled.error());
  }
  const std::size_t pages = PagesOfBuffer();
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_BPF_OUTPUT;
  attributes.sample_type = PERF_SAMPLE_RAW;
  attributes.sample_period = 1;
  attributes.watermark = 1;  // waking the reader for each record costs the stream more than the record
  attributes.wakeup_watermark =
      static_cast<std::uint32_t>(pages * static_cast<std::size_t>(::getpagesize()) / 4);
  const auto receive = [](void* context, int cpu, perf_event_header* event) {
    return static_cast<bpf_perf_event_ret>(Receive(context, cpu, event));
  };
  tap->buffer_.reset(perf_buffer__new_raw(bpf_map__fd(tap->maps_->maps.records), pages, &attributes, receive,
                                          tap.get(), nullptr));
  if (!tap->buffer_) return TapError("make the buffers of the capture", errno);
  return tap;
}

Result<void> ProgramTap::Refresh() {
  Result<std::vector<ForwardingProgram>> found = FindForwardingPrograms(netns_cookie_);
  if (!found) return tl::unexpected(found.error());
  std::set<std::uint32_t> there;
  for (ForwardingProgram& program : *found) {
    const std::uint32_t id = program.id;
    there.insert(id);
    if (targets_.contains(id) || !refused().empty()) continue;
    tl::expected<Object, int> object = Attach(program);
    if (!object) {
      failures_.Add(id, program.name, object.error());
      continue;
    }
    failures_.Clear(id);
    targets_.emplace(id, Target{std::move(program), std::move(*object)});
  }
  failures_.KeepOnly(there);
  std::erase_if(targets_,
                [&](const auto& each) { return !refused().empty() || !there.contains(each.first); });
  return {};
}

/// The error is an errno.
tl::expected<ProgramTap::Object, int> ProgramTap::Attach(const ForwardingProgram& program) const {
  Result<Object> opened = OpenObject();
  if (!opened) return tl::unexpected(ENOMEM);
  Object object = std::move(*opened);
  for (bpf_program* each : OwnPrograms(*object, program.kind)) {
    bpf_program__set_autoload(each, true);
    if (const int error = bpf_program__set_attach_target(each, program.program.get(), program.name)) {
      return tl::unexpected(-error);
    }
  }
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object->obj) {
    if (bpf_map__is_internal(map)) continue;
    int fd = bpf_map__fd(bpf_object__find_map_by_name(maps_->obj, bpf_map__name(map)));
    if (map == object->maps.verdicts && program.verdicts) fd = program.verdicts.get();
    if (const int error = bpf_map__reuse_fd(map, fd)) return tl::unexpected(-error);
  }
  if (const int error = bpfcast_capture::load(object.get())) return tl::unexpected(-error);
  if (const int error = bpfcast_capture::attach(object.get())) return tl::unexpected(-error);
  return object;
}

bool ProgramTap::Serves(std::uint32_t ifindex) const {
  return std::any_of(targets_.begin(), targets_.end(), [&](const auto& each) {
    const ForwardingProgram& program = each.second.program;
    std::uint32_t port = 0;
    return program.kind != ProgramKind::kXdpEgress && program.if_port &&
           bpf_map_lookup_elem(program.if_port.get(), &ifindex, &port) == 0;
  });
}

Result<void> ProgramTap::Add(std::uint32_t ifindex, Watch watch, std::size_t port, LinkKind link) {
  const auto directions = static_cast<std::uint32_t>(watch);
  ports_[ifindex] = {port, link};
  if (bpf_map_update_elem(bpf_map__fd(maps_->maps.watched), &ifindex, &directions, BPF_ANY) == 0) return {};
  return TapError("watch a port", errno);
}

void ProgramTap::Remove(std::uint32_t ifindex) {
  bpf_map_delete_elem(bpf_map__fd(maps_->maps.watched), &ifindex);
}

int ProgramTap::fd() const {
  return perf_buffer__epoll_fd(buffer_.get());
}

void ProgramTap::Drain(FrameQueue& queue) {
  queue_ = &queue;
  to_wall_clock_ = Nanoseconds(CLOCK_REALTIME) - Nanoseconds(CLOCK_MONOTONIC);
  perf_buffer__consume(buffer_.get());
  queue_ = nullptr;
}

ProgramTap::Counts ProgramTap::counts() const {
  PerCpuMap<std::uint64_t> map(bpf_map__fd(maps_->maps.uncaptured), "uncaptured");
  Counts counts;
  const auto sum = [&](std::uint32_t index) {
    std::uint64_t all = 0;
    if (const auto values = map.Get(index)) {
      for (const std::uint64_t cpu : **values) all += cpu;
    }
    return all;
  };
  counts.left_out = sum(BPFCAST_UNCAPTURED_LEFT_OUT);
  counts.lost = sum(BPFCAST_UNCAPTURED_LOST);
  return counts;
}

int ProgramTap::Receive(void* tap, int cpu, perf_event_header* event) {
  struct Sample {
    perf_event_header header;
    std::uint32_t size;
  };
  if (event->type == PERF_RECORD_SAMPLE) {
    const auto* sample = reinterpret_cast<const Sample*>(event);
    static_cast<ProgramTap*>(tap)->Take(cpu, reinterpret_cast<const std::uint8_t*>(sample + 1), sample->size);
  }
  return LIBBPF_PERF_EVENT_CONT;  // what was lost its programs have counted
}

void ProgramTap::Take(int cpu, const std::uint8_t* record, std::size_t size) {
  bpfcast_captured head{};
  static_assert(sizeof(bpfcast_judged) == sizeof head);
  if (size < sizeof head) return;
  std::memcpy(&head, record, sizeof head);
  if (head.record != BPFCAST_JUDGED_XDP && head.record != BPFCAST_JUDGED_TC) {
    TakeFrame(cpu, head, record + sizeof head, size - sizeof head);
    return;
  }
  bpfcast_judged judged{};
  std::memcpy(&judged, record, sizeof judged);
  Judgement judgement;
  judgement.by = judged.record == BPFCAST_JUDGED_XDP ? JudgedBy::kXdp : JudgedBy::kTc;
  judgement.action = judged.action;
  judgement.verdict = judged.verdict;
  std::copy(std::begin(judged.copies_dropped), std::end(judged.copies_dropped),
            judgement.copies_dropped.begin());
  queue_->Judge({cpu, judgement.by, judged.number}, judgement);
}

void ProgramTap::TakeFrame(int cpu, const bpfcast_captured& head, const std::uint8_t* octets,
                           std::size_t size) {
  const auto port = ports_.find(head.ifindex);
  if (port == ports_.end()) return;
  CapturedFrame frame;
  frame.time = std::chrono::nanoseconds(static_cast<std::int64_t>(head.time) + to_wall_clock_);
  frame.port = port->second.number;
  frame.direction = head.record == BPFCAST_LEFT ? FrameDirection::kOut : FrameDirection::kIn;
  frame.length = head.length;
  // The kernel fills a record up to whole words.
  frame.octets.assign(octets, octets + std::min<std::size_t>(size, head.length));
  InsertTag({ntohs(head.tag_protocol), head.tci}, frame);
  // Of some frames the programs do not see the headers.
  const auto facts = ReadFrame(frame.octets, port->second.link);
  if (!facts || !filter_.Takes(*facts)) return;
  if (head.record == BPFCAST_LEFT) {
    queue_->Add(std::move(frame));
  } else {
    const JudgedBy by = head.record == BPFCAST_ARRIVED_XDP ? JudgedBy::kXdp : JudgedBy::kTc;
    queue_->Add(std::move(frame), {cpu, by, head.number});
  }
}

}  // namespace bpfcast
