// The IGMP parser against the reference parser (TA-51).
#include "fuzz/libfuzzer_mutator.h"
#include "fuzz/parser_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bpfcast::fuzz::RunParser<bpfcast::Igmp>({data, size});
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  return bpfcast::fuzz::MutatePacket(data, size, max_size, seed, bpfcast::fuzz::kIgmpFormat);
}
