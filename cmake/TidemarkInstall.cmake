# cmake --install build/release [--prefix /usr]: programs, systemd units that name them where they
# were put, whom they run as, example settings, documents.
include(GNUInstallDirs)

foreach(program IN ITEMS tidemark tidemark-edge tidemark-controller tidemark-prober)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
  endif()
endforeach()

# The prefix is known for certain only while installing; the units say /usr/bin.
set(units "${PROJECT_SOURCE_DIR}/packaging/systemd")
install(CODE "set(units \"${units}\")\nset(bin \"${CMAKE_INSTALL_BINDIR}\")")
install(CODE [[
  foreach(name IN ITEMS edge controller prober)
    file(READ "${units}/tidemark-${name}.service" text)
    string(REPLACE "/usr/bin/" "${CMAKE_INSTALL_PREFIX}/${bin}/" text "${text}")
    set(placed "${CMAKE_INSTALL_PREFIX}/lib/systemd/system/tidemark-${name}.service")
    message(STATUS "Installing: $ENV{DESTDIR}${placed}")
    file(WRITE "$ENV{DESTDIR}${placed}" "${text}")
  endforeach()
]])
install(FILES packaging/systemd/tidemark.sysusers DESTINATION lib/sysusers.d RENAME tidemark.conf)
install(DIRECTORY packaging/examples/ DESTINATION share/doc/tidemark/examples)
install(FILES README.md CHANGELOG.md LICENSE DESTINATION share/doc/tidemark)
install(DIRECTORY docs/ DESTINATION share/doc/tidemark/docs)
