#include "datapath/refused_frames.h"

#include <bpf/libbpf.h>

#include <cerrno>
#include <cstring>

#include "bpfcast_refused.skel.h"
#include "datapath/netns_cookie.h"

namespace bpfcast {
namespace {

tl::unexpected<Error> AttachError(int error) {
  return Fail(std::string("load the program that counts refused frames: ") + std::strerror(error) +
              (error == EPERM || error == EACCES ? "; CAP_PERFMON allows it" : ""));
}

}  // namespace

void RefusedFrames::Destroy::operator()(bpfcast_refused* object) const {
  bpfcast_refused::destroy(object);
}

RefusedFrames::RefusedFrames() = default;
RefusedFrames::RefusedFrames(RefusedFrames&&) noexcept = default;
RefusedFrames& RefusedFrames::operator=(RefusedFrames&&) noexcept = default;
RefusedFrames::~RefusedFrames() = default;

Result<RefusedFrames> RefusedFrames::Attach(const BpfObject& object, const BpfPins& pins) {
  const Result<std::uint64_t> cookie = NetnsCookie();
  if (!cookie) return tl::unexpected(cookie.error());
  RefusedFrames frames;
  frames.object_.reset(bpfcast_refused::open());
  if (!frames.object_) return AttachError(errno);
  frames.object_->rodata->netns_cookie = *cookie;
  for (const auto& [name, fd] : object.maps()) {
    bpf_map* map = bpf_object__find_map_by_name(frames.object_->obj, name.c_str());
    if (map == nullptr) continue;
    if (const int error = bpf_map__reuse_fd(map, fd)) return AttachError(-error);
  }
  if (const int error = bpfcast_refused::load(frames.object_.get())) return AttachError(-error);
  Result<BpfLink> link =
      BpfLink::AttachTracing(bpf_program__fd(frames.object_->progs.bpfcast_refused), "refused", pins);
  if (!link) return tl::unexpected(link.error());
  frames.link_ = std::move(*link);
  return frames;
}

}  // namespace bpfcast
