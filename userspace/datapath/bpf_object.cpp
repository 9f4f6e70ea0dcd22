#include "datapath/bpf_object.h"

#include <bpf/libbpf.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "bpfcast_tc.skel.h"
#include "bpfcast_xdp.skel.h"
#include "log/log.h"
#include "spdlog/spdlog.h"

namespace bpfcast {
namespace {

// What libbpf says is detail: the errors that we return name object, cause and way out.
__attribute__((format(printf, 2, 0))) int LogLibbpf(libbpf_print_level level, const char* format,
                                                    va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  char line[1024];
  const int size = std::vsnprintf(line, sizeof line, format, arguments);
  std::string_view text(line, std::min(sizeof line - 1, static_cast<std::size_t>(std::max(size, 0))));
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  Log(Subsystem::kDatapath).debug("{}", text);
  return 0;
}

tl::unexpected<Error> LoadError(const char* what, int error) {
  std::string hint;
  if (error == EPERM || error == EACCES)
    hint = "; run as root or give CAP_BPF, CAP_NET_ADMIN and CAP_NET_RAW";
  if (error == EINVAL)
    hint = "; Linux 6.1 or newer is needed, `--log-level debug` shows what the kernel said";
  return Fail(std::string("load the BPF programs for ") + what + ": " + std::strerror(error) + hint);
}

// The kernel adds flags of its own to some kinds of maps.
bool Fits(const bpf_map& map, int pinned) {
  constexpr std::uint32_t kOurFlags = BPF_F_NO_PREALLOC | BPF_F_MMAPABLE;
  bpf_map_info info{};
  std::uint32_t size = sizeof info;
  return bpf_obj_get_info_by_fd(pinned, &info, &size) == 0 && info.type == bpf_map__type(&map) &&
         info.key_size == bpf_map__key_size(&map) && info.value_size == bpf_map__value_size(&map) &&
         info.max_entries == bpf_map__max_entries(&map) &&
         (info.map_flags & kOurFlags) == (bpf_map__map_flags(&map) & kOurFlags);
}

}  // namespace

void BpfObject::Destroy::operator()(bpfcast_xdp* object) const {
  bpfcast_xdp::destroy(object);
}
void BpfObject::Destroy::operator()(bpfcast_tc* object) const {
  bpfcast_tc::destroy(object);
}

BpfObject::BpfObject() = default;
BpfObject::BpfObject(BpfObject&&) noexcept = default;
BpfObject& BpfObject::operator=(BpfObject&&) noexcept = default;
BpfObject::~BpfObject() = default;

Result<BpfObject> BpfObject::Load() {
  BpfObject object;
  if (Result<void> opened = object.OpenSkeletons(); !opened) return tl::unexpected(opened.error());
  if (Result<void> loaded = object.LoadPrograms(); !loaded) return tl::unexpected(loaded.error());
  return object;
}

Result<std::optional<BpfObject>> BpfObject::LoadWithPinned(const BpfPins& pins) {
  BpfObject object;
  if (Result<void> opened = object.OpenSkeletons(); !opened) return tl::unexpected(opened.error());
  const Result<Reuse> reuse = object.ReusePinned(pins);
  if (!reuse) return tl::unexpected(reuse.error());
  if (*reuse == Reuse::kImpossible) return std::nullopt;
  if (Result<void> loaded = object.LoadPrograms(); !loaded) return tl::unexpected(loaded.error());
  return object;
}

Result<void> BpfObject::OpenSkeletons() {
  libbpf_set_print(LogLibbpf);
  // The pool keeps one descriptor for each device map.
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  xdp_.reset(bpfcast_xdp::open());
  tc_.reset(bpfcast_tc::open());
  if (!xdp_ || !tc_) return LoadError("XDP and TC", errno);
  return {};
}

Result<BpfObject::Reuse> BpfObject::ReusePinned(const BpfPins& pins) {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, xdp_->obj) {
    const Result<BpfFd> pinned = pins.FindOrFail(bpf_map__name(map));
    if (!pinned) return tl::unexpected(pinned.error());
    if (!*pinned || !Fits(*map, pinned->get())) {
      Log(Subsystem::kDatapath)
          .info("{}/{} is missing or not what it has to be: nothing of an earlier agent is used",
                pins.directory(), bpf_map__name(map));
      return Reuse::kImpossible;
    }
    if (const int error = bpf_map__reuse_fd(map, pinned->get())) return LoadError("XDP", -error);
  }
  return Reuse::kDone;
}

Result<void> BpfObject::LoadPrograms() {
  if (const int error = bpfcast_xdp::load(xdp_.get())) return LoadError("XDP", -error);
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, tc_->obj) {
    const bpf_map* shared = bpf_object__find_map_by_name(xdp_->obj, bpf_map__name(map));
    if (shared == nullptr) continue;
    if (const int error = bpf_map__reuse_fd(map, bpf_map__fd(shared))) return LoadError("TC", -error);
  }
  if (const int error = bpfcast_tc::load(tc_.get())) return LoadError("TC", -error);
  return MapArrays();
}

Result<void> BpfObject::MapArrays() {
  const auto& maps = xdp_->maps;
  ipv4_.routes = {bpf_map__fd(maps.rt4), "rt4"};
  ipv4_.sources = {bpf_map__fd(maps.sources4), "sources4"};
  ipv4_.passages = {bpf_map__fd(maps.passages4), "passages4"};
  ipv4_.flows = {bpf_map__fd(maps.flows4), "flows4"};
  ipv6_.routes = {bpf_map__fd(maps.rt6), "rt6"};
  ipv6_.sources = {bpf_map__fd(maps.sources6), "sources6"};
  ipv6_.passages = {bpf_map__fd(maps.passages6), "passages6"};
  ipv6_.flows = {bpf_map__fd(maps.flows6), "flows6"};
  ports = {bpf_map__fd(maps.ports), "ports"};
  if_port = {bpf_map__fd(maps.if_port), "if_port"};
  verdicts = {bpf_map__fd(maps.verdicts), "verdicts"};
  port_stat = {bpf_map__fd(maps.port_stat), "port_stat"};
  route_stat = {bpf_map__fd(maps.route_stat), "route_stat"};

  auto control_array = MappedArray<bpfcast_control>::Map(bpf_map__fd(maps.control), "control", 1);
  if (!control_array) return tl::unexpected(control_array.error());
  auto route_array = MappedArray<bpfcast_route>::Map(bpf_map__fd(maps.routes), "routes", BPFCAST_MAX_ROUTES);
  if (!route_array) return tl::unexpected(route_array.error());
  auto chunks =
      MappedArray<bpfcast_oil_chunk>::Map(bpf_map__fd(maps.oil_ports), "oil_ports", BPFCAST_MAX_OILS);
  if (!chunks) return tl::unexpected(chunks.error());
  control = std::move(*control_array);
  routes = std::move(*route_array);
  oil_ports = std::move(*chunks);
  return {};
}

int BpfObject::xdp_program() const {
  return bpf_program__fd(xdp_->progs.bpfcast_xdp);
}
int BpfObject::egress_program() const {
  return bpf_program__fd(xdp_->progs.bpfcast_egress);
}
int BpfObject::tc_program() const {
  return bpf_program__fd(tc_->progs.bpfcast_tc);
}
int BpfObject::tc_bare_program() const {
  return bpf_program__fd(tc_->progs.bpfcast_tc_bare);
}
int BpfObject::tx_one() const {
  return bpf_map__fd(xdp_->maps.tx_one);
}
int BpfObject::oils() const {
  return bpf_map__fd(xdp_->maps.oils);
}
int BpfObject::control_map() const {
  return bpf_map__fd(xdp_->maps.control);
}
int BpfObject::events() const {
  return bpf_map__fd(xdp_->maps.events);
}

std::vector<std::pair<std::string, int>> BpfObject::maps() const {
  std::vector<std::pair<std::string, int>> result;
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, xdp_->obj) result.emplace_back(bpf_map__name(map), bpf_map__fd(map));
  return result;
}

}  // namespace bpfcast
