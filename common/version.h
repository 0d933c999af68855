// The version of both programs. A package build sets its own with -DPARLOR_VERSION='"1.2.3-1"'.
#pragma once

#ifndef PARLOR_VERSION
#define PARLOR_VERSION "0.1.0"
#endif
