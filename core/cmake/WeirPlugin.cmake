# weir_add_plugin(NAME SOURCES...): a module weir-NAME.so where weir looks for plugins. Works inside weir's own tree and against
# an installed weir (find_package(Weir)).
function(weir_add_plugin name)
    add_library(weir-${name} MODULE ${ARGN})
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/weir-${name}.urls.json) # for `weir plugin check`
        configure_file(${CMAKE_CURRENT_SOURCE_DIR}/weir-${name}.urls.json ${CMAKE_CURRENT_BINARY_DIR} COPYONLY)
    endif()
    set_target_properties(weir-${name} PROPERTIES PREFIX "" CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
    if(TARGET weir)
        target_link_libraries(weir-${name} PRIVATE weir)
        set_target_properties(weir-${name} PROPERTIES
            LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/${WEIR_PLUGIN_SUBDIR} INSTALL_RPATH "$ORIGIN/../..")
        install(TARGETS weir-${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/${WEIR_PLUGIN_SUBDIR})
    else()
        target_link_libraries(weir-${name} PRIVATE Weir::weir)
        install(TARGETS weir-${name} LIBRARY DESTINATION lib/weir/plugins)
    endif()
endfunction()
