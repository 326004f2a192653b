"""What a real QGIS finds in a GeoPackage's project; run by the Python that has QGIS, not by ours.

    python3 qgis_probe.py FILE.gpkg PROJECT OUT_DIR [WIDTH_OF_PNG]

Prints JSON. Every layout is exported to OUT_DIR as ``<n>.png``; ``bare`` are the layers of the file as they come
up when they are dragged into an empty project.
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsLayerTreeModel,
    QgsLayoutExporter,
    QgsProject,
    QgsRenderContext,
    QgsVectorLayer,
)


def legend(layer, tree_model, node):
    """Return what the legend of a print layout says for a layer."""
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    return [
        item.evaluateLabel(context) if hasattr(item, "evaluateLabel") else str(item.data(0))
        for item in tree_model.layerLegendNodes(node)
    ]


def parts(renderer):
    """Return the kinds of layers that the symbols consist of."""
    context = QgsRenderContext()
    symbols = renderer.symbols(context)
    return {symbol.symbolLayer(i).layerType() for symbol in symbols for i in range(symbol.symbolLayerCount())}


def about(layer):
    renderer = layer.renderer()
    fields = layer.fields()
    labelling = layer.labeling()
    expression = QgsExpression(labelling.settings().fieldName) if labelling else None
    return {
        "valid": layer.isValid(),
        "name": layer.name(),
        "title": layer.metadata().title(),
        "abstract": layer.metadata().abstract(),
        "crs": layer.crs().authid(),
        "features": layer.featureCount(),
        "subset": layer.subsetString(),
        "renderer": renderer.type() if renderer else None,
        "column": renderer.classAttribute() if hasattr(renderer, "classAttribute") else None,
        "symbol_layers": sorted(parts(renderer)) if renderer else [],
        "categories": [c.value() for c in renderer.categories()] if hasattr(renderer, "categories") else [],
        "ranges": [r.label() for r in renderer.ranges()] if hasattr(renderer, "ranges") else [],
        "labels": layer.labelsEnabled(),
        "label_errors": expression.parserErrorString() if expression else "",
        "shown": layer.displayExpression(),
        "tip": layer.mapTipTemplate(),
        "styles": layer.styleManager().styles(),
        "aliases": {field.name(): field.alias() for field in fields},
    }  # fmt: skip


def about_raster(layer):
    """Return what is seen of a raster: its renderer, and the values that its provider gives."""
    values = layer.dataProvider().bandStatistics(1)
    return {
        "valid": layer.isValid(),
        "name": layer.name(),
        "title": layer.metadata().title(),
        "abstract": layer.metadata().abstract(),
        "crs": layer.crs().authid(),
        "size": [layer.width(), layer.height()],
        "renderer": layer.renderer().type(),
        "opacity": layer.renderer().opacity(),
        "lowest": values.minimumValue,
        "highest": values.maximumValue,
    }


def tips(layer):
    """Return the map tip of every feature."""
    context = layer.createExpressionContext()
    out = []
    for feature in layer.getFeatures():
        context.setFeature(feature)
        out.append(QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context))
    return out


def main(file, name, out, dpi):
    application = QgsApplication([], False)
    application.initQgis()
    said = []
    application.messageLog().messageReceived.connect(
        lambda text, tag, level: said.append([str(tag), str(text), int(level)])
    )
    project = QgsProject.instance()
    asked = []
    project.readVersionMismatchOccurred.connect(lambda *versions: asked.append(["version", *versions]))
    project.oldProjectVersionWarning.connect(lambda version: asked.append(["old version", version]))
    project.missingDatumTransforms.connect(lambda names: asked.append(["transforms", *names]))
    read = project.read(f"geopackage:{file}?projectName={name}")
    root = project.layerTreeRoot()
    model = QgsLayerTreeModel(root)
    vectors = {ident: layer for ident, layer in project.mapLayers().items() if isinstance(layer, QgsVectorLayer)}
    found = {
        "qgis": Qgis.QGIS_VERSION,
        "read": read,
        "error": project.error(),
        "asked": asked,
        "title": project.title(),
        "abstract": project.metadata().abstract(),
        "crs": project.crs().authid(),
        "unavailable": [layer.name() for layer in project.mapLayers(False).values() if not layer.isValid()],
        "groups": [
            {"name": group.name(), "checked": group.itemVisibilityChecked(), "layers": group.findLayerIds()}
            for group in root.children()
        ],
        "order": [layer.id() for layer in root.layerOrder()],
        "layers": {ident: about(layer) for ident, layer in vectors.items()},
        "rasters": {ident: about_raster(layer) for ident, layer in project.mapLayers().items() if ident not in vectors},
        "legend": {
            node.layerId(): legend(node.layer(), model, node) for node in root.findLayers() if node.layer().isSpatial()
        },
        "tips": {ident: tips(layer) for ident, layer in vectors.items() if layer.mapTipTemplate()},
        "relations": {
            one.id(): {
                "valid": one.isValid(),
                "name": one.name(),
                "children": sum(
                    len(list(one.getRelatedFeatures(feature))) for feature in one.referencedLayer().getFeatures()
                ),
            }
            for one in project.relationManager().relations().values()
        },
        "themes": {},
        "layouts": {},
        "bare": {},
    }
    themes = project.mapThemeCollection()
    for theme in themes.mapThemes():
        found["themes"][theme] = {
            "layers": themes.mapThemeVisibleLayerIds(theme),
            "styles": {one.layer().id(): one.currentStyle for one in themes.mapThemeState(theme).layerRecords()},
            "applies": _applied(themes, theme, root, model),
        }  # fmt: skip
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = dpi
    for number, layout in enumerate(project.layoutManager().printLayouts()):
        path = Path(out) / f"{number}.png"
        result = QgsLayoutExporter(layout).exportToImage(str(path), settings)
        found["layouts"][layout.name()] = {"png": str(path), "ok": result == QgsLayoutExporter.Success,
                                          "scale": layout.referenceMap().scale()}  # fmt: skip
    for layer_name in {
        layer.split("layername=")[1].split("|")[0] for layer in (each.source() for each in vectors.values())
    }:
        bare = QgsVectorLayer(f"{file}|layername={layer_name}", layer_name, "ogr")
        found["bare"][layer_name] = about(bare)
    found["said"] = [line for line in said if line[2] > 0]
    sys.stdout.write(json.dumps(found))


def _applied(themes, theme, root, model):
    """Return whether the layers that are seen after the theme was chosen are those that it names."""
    themes.applyTheme(theme, root, model)
    seen = {node.layerId() for node in root.findLayers() if node.isVisible()}
    return seen == set(themes.mapThemeVisibleLayerIds(theme))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]) if len(sys.argv) > 4 else 72)
    sys.stdout.flush()
    os._exit(0)  # QGIS tears itself down in an order that Python does not survive
