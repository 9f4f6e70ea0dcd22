// What a request for the metrics is answered with.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "metrics/http_request.h"

namespace bpfcast {

inline constexpr std::array kHttpStatuses = {HttpStatus::kOk,           HttpStatus::kBadRequest,
                                             HttpStatus::kNotFound,     HttpStatus::kMethodNotAllowed,
                                             HttpStatus::kHeadTooLarge, HttpStatus::kVersionNotSupported};

/// kOk only of what is asked for as it should be: GET or HEAD of /metrics.
HttpStatus StatusFor(const HttpRequestReader& reader);

/// The head of the answer to it, for a body of so many octets.
std::string HttpHead(HttpStatus status, std::size_t body_size);

/// One line for people, where the status is not kOk.
std::string HttpHint(HttpStatus status);

}  // namespace bpfcast
