// Configs as protobuf text files, with errors a person can act on.
#ifndef RTFQ_TRAIN_TEXT_CONFIG_H_
#define RTFQ_TRAIN_TEXT_CONFIG_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace rtfq {

// Far above any config, far below what would exhaust a machine.
inline constexpr int64_t kMaxConfigBytes = int64_t{1} << 20;

// Replaces `message` by the text file's. kInvalidArgument with
// "path:line:column: ", the key, and what would be right (for an unknown field
// the fields there are, nearest first; for an unknown name of an enumeration
// its names); ReadFile's errors. `message` is unchanged on error.
absl::Status ReadTextProto(const std::string& path,
                           google::protobuf::Message& message);
// The same for text at hand; `name` stands for the path.
absl::Status ParseTextProto(const std::string& text, const std::string& name,
                            google::protobuf::Message& message);

// Sets one field: "adaptation.steps=100", "adaptation.sampling=MAX_K_MIN",
// "search_space.resolutions=[64,56]" (replaces the list; brackets may be left
// out; [] empties it). kInvalidArgument naming the key and what would be right;
// `message` is then unchanged.
absl::Status ApplyOverride(const std::string& assignment,
                           google::protobuf::Message& message);

// Gives every singular field that is absent its default, in submessages too,
// so that nothing of a file that is kept depends on defaults to come.
void FillDefaults(google::protobuf::Message& message);

// The inverse of ParseTextProto().
std::string ToTextProto(const google::protobuf::Message& message);

}  // namespace rtfq

#endif  // RTFQ_TRAIN_TEXT_CONFIG_H_
