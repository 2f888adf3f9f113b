#pragma once

#include "messages/collaboration_mode.hpp"
#include "messages/json/writer.hpp"

#include <boost/json/fwd.hpp>

#include <optional>
#include <string>

/// The JSON form of collaboration modes and their masks (contract models-manager.md 16).
namespace troupe {

/// `{"mode","settings":{"model","reasoning_effort","developer_instructions"}}`; absent settings are
/// null.
void append_collaboration_mode(json_writer& out, const collaboration_mode& x);

/// None when the shape is another one. Retired names of modes are read.
std::optional<collaboration_mode> parse_collaboration_mode(const boost::json::value& x);

/// `{"name","mode","model","reasoning_effort","developer_instructions"}`. Kept and cleared settings
/// are both null.
void append_collaboration_mask(json_writer& out, const collaboration_mask& x);

/// None when the shape is another one. A null keeps the setting: what clears one is not written.
std::optional<collaboration_mask> parse_collaboration_mask(const boost::json::value& x);

} // namespace troupe
