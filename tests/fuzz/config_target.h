// What fuzz_toml and fuzz_igmpproxy have in common: what a parser of the configuration promises of every
// text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace bpfcast::fuzz {

enum class Grammar : std::uint8_t { kToml, kIgmpproxy };

/// Reads the text as one grammar, and as a file of which the grammar is not known. A text that is refused has
/// problems with a place inside of it; one that is read is printed as TOML and means the same again.
void RunConfig(std::string_view text, Grammar grammar);

/// The words of a grammar: its keys, and values that they take.
std::vector<std::string_view> WordsOf(Grammar grammar);

/// Moves lines about, and puts words in; sometimes octets alone.
std::size_t MutateText(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed,
                       std::span<const std::string_view> words);

}  // namespace bpfcast::fuzz
