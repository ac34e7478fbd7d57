"""Where operators can run: kernel libraries (portable, XNNPACK, ...) and region delegates (Vulkan, Metal, NNAPI)."""
