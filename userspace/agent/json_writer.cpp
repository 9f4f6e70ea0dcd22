#include "agent/json_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "agent/view_json.h"

namespace bpfcast {
namespace {

constexpr char kFirstPrintable = 0x20;
constexpr char kLastAscii = 0x7e;

/// Most strings are addresses and names of interfaces.
bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= kFirstPrintable && c <= kLastAscii && c != '"' && c != '\\'; });
}

/// The shortest text that reads as the same number.
template <class T>
std::string_view Digits(T number, std::array<char, 32>& room) {
  const auto end = std::to_chars(room.data(), room.data() + room.size(), number);
  return {room.data(), static_cast<std::size_t>(end.ptr - room.data())};
}

}  // namespace

void JsonWriter::Separate() {
  if (follows_) text_ += ',';
  follows_ = true;
}

void JsonWriter::Begin(char bracket) {
  Separate();
  text_ += bracket;
  follows_ = false;
}

void JsonWriter::End(char bracket) {
  text_ += bracket;
  follows_ = true;
}

void JsonWriter::Key(std::string_view key) {
  Separate();
  text_ += '"';
  text_ += key;
  text_ += "\":";
  follows_ = false;
}

void JsonWriter::Value(std::string_view text) {
  Separate();
  if (!IsPlain(text)) {
    text_ += Text(ViewJson(text));
    return;
  }
  text_ += '"';
  text_ += text;
  text_ += '"';
}

void JsonWriter::Value(std::uint64_t number) {
  std::array<char, 32> room;
  Separate();
  text_ += Digits(number, room);
}

void JsonWriter::Value(int number) {
  std::array<char, 32> room;
  Separate();
  text_ += Digits(number, room);
}

void JsonWriter::Value(double number) {
  std::array<char, 32> room;
  const std::string_view digits = Digits(number, room);
  Separate();
  text_ += digits;
  // A reader that tells integers from others sees one kind in every row.
  if (digits.find_first_of(".e") == std::string_view::npos) text_ += ".0";
}

void JsonWriter::Value(bool truth) {
  Separate();
  text_ += truth ? "true" : "false";
}

void JsonWriter::Null() {
  Separate();
  text_ += "null";
}

}  // namespace bpfcast
