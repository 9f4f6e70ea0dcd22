// The parser of a grammar of the configuration: BPFCAST_GRAMMAR, kToml or kIgmpproxy.
#include "fuzz/config_target.h"

namespace {

constexpr bpfcast::fuzz::Grammar kGrammar = bpfcast::fuzz::Grammar::BPFCAST_GRAMMAR;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bpfcast::fuzz::RunConfig({reinterpret_cast<const char*>(data), size}, kGrammar);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  static const std::vector<std::string_view> words = bpfcast::fuzz::WordsOf(kGrammar);
  return bpfcast::fuzz::MutateText(data, size, max_size, seed, words);
}
