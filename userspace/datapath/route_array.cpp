#include "datapath/route_array.h"

#include <atomic>

namespace bpfcast {

void StoreWord(__u64& where, std::uint64_t word) {
  std::atomic_ref<__u64>(where).store(word, std::memory_order_release);
}

RouteArray::RouteArray(BpfObject& object, OilPool& oils) : object_(object), oils_(oils) {
  indexes_.Reserve(BPFCAST_DEFAULT_ROUTE, 1);
}

bool RouteArray::Reserve(std::uint32_t index) {
  if (index >= BPFCAST_MAX_ROUTES || indexes_.IsTaken(index)) return false;
  indexes_.Reserve(index, 1);
  return true;
}

Result<std::uint32_t> RouteArray::Take() {
  if (const auto index = indexes_.Take(1)) return *index;
  return Fail("the table of " + std::to_string(object_.routes.size()) +
              " routes is full (BPFCAST_MAX_ROUTES)");
}

Result<void> RouteArray::SetDefault(const PortSet& upstreams) {
  const auto oil = oils_.Acquire(upstreams);
  StoreWord(object_.routes[BPFCAST_DEFAULT_ROUTE].from_downstream, oil ? (*oil)->word : 0);
  if (default_ != nullptr) oils_.Release(default_);
  default_ = oil ? *oil : nullptr;
  if (!oil) return tl::unexpected(oil.error());
  return {};
}

void RouteArray::Refresh() {
  if (default_ != nullptr) {
    StoreWord(object_.routes[BPFCAST_DEFAULT_ROUTE].from_downstream, default_->word);
  }
}

void RouteArray::Tick(Time now) {
  resting_.Tick(now, [this](std::uint32_t index) { indexes_.Free(index, 1); });
}

}  // namespace bpfcast
