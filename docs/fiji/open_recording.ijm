// Opens a recording of pssr-live in Fiji or ImageJ: raw and restored frames as two hyperstacks,
// side by side, in their colours and with their scale. Synchronize Windows moves both together.
//
// In Fiji: Plugins > Macros > Run..., then choose the recording's folder. On a command line:
//   fiji --run or imagej -macro open_recording.ijm "D:/monday/cell-3"
//
// With Bio-Formats the recording's own OME-TIFF files are opened; without, the files that
// "pssr-live export-tiff RECORDING" wrote beside it. Nothing is written.

requires("1.53c");

var folder;
var name;
var session;

folder = getArgument();
if (folder == "")
    folder = getDirectory("A recording of pssr-live");
folder = replace(folder, "\\", "/");
while (endsWith(folder, "/"))
    folder = substring(folder, 0, lengthOf(folder) - 1);
if (!File.exists(folder + "/session.json"))
    exit(folder + "\nis not a recording: it has no session.json. Choose the folder of a recording.");
session = File.openAsString(folder + "/session.json");
name = File.getName(folder);

// No window is shown while images are opened, so that a click elsewhere cannot change which is meant.
setBatchMode(true);
raw = openPart("raw");
restored = openPart("restored");
setBatchMode("exit and display");
if (restored == 0)
    exit("This recording has no restored frames in a form that opens here; the raw ones are shown.\n"
        + "If there should be some: pssr-live restore \"" + folder + "\"\n"
        + "then: pssr-live export-tiff \"" + folder + "\"");
placeBeside(raw, restored);
offerToSynchronise();

// Opens one of the two images, and returns its ID; 0 if there are no restored frames to open.
function openPart(part) {
    recorded = folder + "/" + part + ".ome.tif";
    exported = File.getParent(folder) + "/" + name + "-" + part + ".tif";
    List.setCommands;
    importer = List.get("Bio-Formats Importer");
    if (importer != "" && File.exists(recorded))
        openByBioFormats(recorded);
    else if (File.exists(exported))
        openExported(exported);
    else if (part == "restored")
        return 0;
    else
        exit("This ImageJ has no Bio-Formats, and cannot open BigTIFF files.\n"
            + "Write files that it opens, then run this macro again:\n"
            + "pssr-live export-tiff \"" + folder + "\"");
    if (part == "restored")
        title = name + " - restored (predicted)";
    else
        title = name + " - raw";
    rename(title);
    sayScale(part);
    nameChannels(part);
    return getImageID();
}

// More than a quarter of ImageJ's memory is left on the disk, and read plane by plane.
function isLarge(path) {
    // In a condition ImageJ would compare the two as text.
    size = File.length(path);
    limit = parseInt(IJ.maxMemory()) / 4;
    if (size > limit)
        return true;
    return false;
}

function openByBioFormats(path) {
    options = "open=[" + path + "] autoscale color_mode=Composite view=Hyperstack stack_order=XYCZT";
    if (isLarge(path))
        options = options + " use_virtual_stack";
    run("Bio-Formats Importer", options);
}

function openExported(path) {
    if (isLarge(path))
        run("TIFF Virtual Stack...", "open=[" + path + "]");
    else
        open(path);
}

// The scale is that of session.json, in µm and seconds, whichever reader opened the file.
function sayScale(part) {
    getDimensions(width, height, channels, slices, times);
    frames = substring(session, indexOf(session, "\"frames\": {"));
    side = parseFloat(valueOf(frames, "pixel_size_um"));
    if (!isNaN(side)) {
        scale = width / parseInt(valueOf(frames, "width"));
        step = parseFloat(valueOf(frames, "z_step_um"));
        if (isNaN(step))
            step = 1;
        setVoxelSize(side / scale, side / scale, step, "um");
    }
    interval = parseFloat(valueOf(frames, "interval_s"));
    if (!isNaN(interval))
        Stack.setFrameInterval(interval);
}

// Shows the channel's name above every plane of it. ImageJ keeps none of a stack left on the disk.
function nameChannels(part) {
    names = channelNames(part);
    getDimensions(width, height, channels, slices, times);
    if (names.length != channels)
        return;
    planes = nSlices;
    for (plane = 1; plane <= planes; plane++) {
        label = names[(plane - 1) % channels];
        Property.setSliceLabel(label, plane);
    }
}

// Of the restored image those that have an engine. Fields of session.json stand in a fixed order.
function channelNames(part) {
    start = indexOf(session, "\n    \"channels\": [");
    if (start < 0)
        return newArray(0);
    // Each line of a name, in order.
    end = indexOf(session, "\n    ]", start);
    lines = split(substring(session, start, end), "\n");
    names = newArray(0);
    for (i = 0; i < lines.length; i++)
        if (indexOf(lines[i], "\"name\": ") >= 0) {
            called = valueOf(lines[i], "name");
            names = Array.concat(names, called);
        }
    engines = indexOf(session, "\n  \"engines\": [");
    if (part == "raw" || engines < 0)
        return names;
    engines = substring(session, engines, indexOf(session, "\n  ]", engines));
    // Entries stand four blanks in: an engine begins with a brace, a channel without one is null.
    entries = split(engines, "\n");
    kept = newArray(0);
    channel = 0;
    for (i = 0; i < entries.length; i++) {
        isEngine = startsWith(entries[i], "    {");
        if (isEngine && channel < names.length)
            kept = Array.concat(kept, names[channel]);
        if (isEngine || startsWith(entries[i], "    null"))
            channel++;
    }
    return kept;
}

// The first value of a field, without quotes; "NaN" where it is null or not there.
function valueOf(json, field) {
    key = "\"" + field + "\": ";
    start = indexOf(json, key);
    if (start < 0)
        return "NaN";
    value = substring(json, start + lengthOf(key));
    end = indexOf(value, "\n");
    if (end >= 0)
        value = substring(value, 0, end);
    if (endsWith(value, ","))
        value = substring(value, 0, lengthOf(value) - 1);
    if (startsWith(value, "\""))
        value = substring(value, 1, lengthOf(value) - 1);
    if (value == "null")
        return "NaN";
    return value;
}

// Shows the same part of the sample in both, equally large: half the screen each.
function placeBeside(raw, restored) {
    selectImage(restored);
    getDimensions(fine, height, channels, slices, times);
    selectImage(raw);
    getDimensions(coarse, height, channels, slices, times);
    zoom = minOf(0.45 * screenWidth / fine, 0.7 * screenHeight * coarse / fine / height);
    zoom = minOf(1, zoom);
    run("Set... ", "zoom=" + d2s(100 * zoom * fine / coarse, 2));
    setLocation(20, 150);
    selectImage(restored);
    run("Set... ", "zoom=" + d2s(100 * zoom, 2));
    setLocation(40 + zoom * fine, 150);
}

// Its buttons have no command in the macro language, so the last click is the user's.
function offerToSynchronise() {
    run("Synchronize Windows");
    print("To move both together: in the window Synchronize Windows tick Image scaling,");
    print("then press Synchronize All.");
}
